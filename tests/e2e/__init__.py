"""The Compose stack itself. A package, so that the stack that its tests share ends with the last of them."""
