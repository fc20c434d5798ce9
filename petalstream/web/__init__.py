"""What the api's pages and the live page share: their frame, their look, and what a browser may do with them."""
