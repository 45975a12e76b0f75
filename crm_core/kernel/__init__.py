"""Mechanisms every concept uses: database, unit of work, registry, queues, access, policies, time and secrets."""
