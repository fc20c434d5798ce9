"""What can be observed of the api: metrics, the access log, and what is known of each request."""
