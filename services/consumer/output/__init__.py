"""What people read of the consumer: a line for each outcome, and text made safe for a terminal."""
