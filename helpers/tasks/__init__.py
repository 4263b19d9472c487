"""The data of one task each: its files and ids. No model is defined here."""
