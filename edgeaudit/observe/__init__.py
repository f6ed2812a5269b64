"""Looking at what is out there: asked for, and never on the way of an audit."""
