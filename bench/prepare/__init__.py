"""Getting a suite ready: captions from their owners, reference audio from where the user has it."""
