"""Where the reading of a partition begins, and what is said of records that were deleted before they were read."""
