"""The assistant: messages, events, the agent loop, runs, conversations, models and speech."""
