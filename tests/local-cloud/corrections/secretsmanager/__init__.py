"""Secrets Manager: values, labels, listings and rotation as AWS documents them."""

from corrections.secretsmanager import labels, listings, rotation, values

__all__ = ["labels", "listings", "rotation", "values"]
