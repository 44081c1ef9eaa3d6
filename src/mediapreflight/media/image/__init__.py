"""Pictures: their headers, their pixels, and what their colours mean."""
