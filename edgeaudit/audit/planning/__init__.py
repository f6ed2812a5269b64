"""What would follow if a certificate were uploaded, told before it is."""
