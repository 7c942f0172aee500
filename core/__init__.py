"""AlexNet Playground's engine: photos in, trained networks and their explanations out. Never imports streamlit."""
