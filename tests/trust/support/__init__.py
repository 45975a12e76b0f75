"""What the suites of the trust plan share."""
