"""What people read: reports made of inspections and comparisons."""
