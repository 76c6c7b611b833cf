"""Secrets Manager: values, labels, listings and rotation as AWS documents them."""

from corrections.secretsmanager import errors, labels, listings, rotation, values

__all__ = ["errors", "labels", "listings", "rotation", "values"]
