"""What experts and unlabelled images say of features: exact in here, words and bands when it leaves."""
