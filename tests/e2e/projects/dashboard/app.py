"""A table and a chart of what was seen at sea."""

import pandas as pd
import streamlit as st

st.set_page_config(page_title="Sightings")
st.title("Sightings")
least = st.slider("at least", 0, 10, 2)
seen = pd.DataFrame({"animal": ["octopus", "penguin", "whale"], "count": [4, 7, 1]})
st.dataframe(seen[seen["count"] >= least])
st.bar_chart(seen, x="animal", y="count")
