"""What a person sees: one file a page, Streamlit only, no arithmetic."""
