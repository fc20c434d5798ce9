"""The servers and stream processors that Petalstream is compared with, each in an environment of its own."""
