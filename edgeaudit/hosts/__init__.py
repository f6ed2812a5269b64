"""Reading the files of a Private Cloud's Routers and Message Processors."""
