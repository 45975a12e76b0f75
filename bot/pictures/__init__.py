"""Charts as pictures, which every channel can show. Matplotlib is loaded when the first one is drawn."""
