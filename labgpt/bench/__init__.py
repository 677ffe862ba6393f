"""What the lab checks and measures of itself."""
