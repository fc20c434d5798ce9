"""The models that a worker serves: opens bundles after verifying them, and follows the changes of the models volume."""
