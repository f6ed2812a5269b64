"""What differs between two readings of an installation, or between two environments."""
