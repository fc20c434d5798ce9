"""What flows: counts by the minute, latencies, and how well predictions agree with the truth where it is known."""
