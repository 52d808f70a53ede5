"""The papers' tables: published claims, records and listening tests side by side."""
