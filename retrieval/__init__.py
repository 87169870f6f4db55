"""What knowledge and tools both need to find things: embedding, lexical search, fusion."""
