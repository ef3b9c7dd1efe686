"""Criteria beside appearance on real images, and an expert's word on elevation beside the measures of it."""
