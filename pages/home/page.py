"""Home: what to do first, and what was done last."""

import streamlit as st

from pages.home.first import show_first
from pages.home.overview import show_recent, show_steps, who_answers
from pages.parts.answers import drop_photos, show_answers
from pages.parts.runs.damaged import show_damaged_runs
from pages.state.current import all_runs, own_runs, run_to_ask

NUM_RECENT = 5

runs = all_runs()
st.title("Teach a network to tell cats from dogs")
st.markdown(
    "Train an AlexNet of your own in the browser, watch it learn, and find out what it makes of your pet. "
    "Everything stays on this computer."
)
ask, train = st.columns(2, gap="medium")
asked = run_to_ask()
at_work = next((run for run in (*own_runs(), *runs) if run.is_active), None)
with train.container(border=True, height="stretch"):
    show_first(is_first=asked is None and at_work is None)
with ask.container(border=True, height="stretch"):
    st.header("Ask about a pet")
    uploads = drop_photos("Drop a pet photo", key="home-photos")
    st.caption(who_answers(asked, at_work))
if uploads and asked is not None:
    show_answers(asked, uploads)
elif uploads:
    st.info("Your photo waits for a network that can look at it.", icon=":material/info:")

show_steps([run for run in own_runs() if run.checkpoint and not run.is_active])
if runs:
    show_recent(runs[:NUM_RECENT])
show_damaged_runs()
