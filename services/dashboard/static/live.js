// Keeps the page as it is now: each second the server sends the part that lives, of which only what differs is changed,
// so that the focus, what is selected, open details and scrolled tables stay.
"use strict";

const live = document.getElementById("live");
const connection = document.getElementById("connection");
const RETRY_MILLISECONDS = 5000;
let source = null;
let retry = 0;

function say(words, state) {
  if (connection.textContent !== words) connection.textContent = words;
  connection.dataset.state = state;
}

function update(old, fresh) {
  if (old.isEqualNode(fresh) || isSelected(old)) return;
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const {name, value} of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const name of old.getAttributeNames()) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  updateChildren(old, fresh);
}

function updateChildren(old, fresh) {
  const children = [...fresh.childNodes];
  children.forEach((child, i) => (i < old.childNodes.length ? update(old.childNodes[i], child) : old.append(child)));
  while (old.childNodes.length > children.length) old.lastChild.remove();
}

// What a person has selected, to read or copy it, stays until they let go of it.
function isSelected(node) {
  const selection = getSelection();
  return /^(LI|TR|P|DL)$/.test(node.nodeName) && !selection.isCollapsed && selection.containsNode(node, true);
}

function open() {
  close();
  source = new EventSource(live.dataset.events);
  source.onmessage = event => {
    say("Live: renewed every second", "live");
    const parsed = new DOMParser().parseFromString(`<div>${event.data}</div>`, "text/html");
    updateChildren(live, parsed.body.firstChild);
  };
  source.onerror = () => {
    say("The connection is lost; connecting again", "lost");
    // The browser connects again by itself, unless the server has answered with an error.
    if (source.readyState === EventSource.CLOSED) refused();
  };
}

async function refused() {
  close();
  retry = setTimeout(open, RETRY_MILLISECONDS);
  const response = await fetch(live.dataset.events, {method: "HEAD"}).catch(() => null);
  if (retry && response && response.status === 503) say("All places for viewers are taken; trying again in 5 seconds", "full");
}

function close() {
  clearTimeout(retry);
  retry = 0;
  if (source) source.close();
  source = null;
}

function followTab() {
  if (!document.hidden) return open();
  close();
  say("Paused while this tab is in the background", "paused");
}

async function copy(event) {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent);
    getSelection().removeAllRanges();
    say("The command is copied", "live");
  } catch {
    say("The command is selected: copy it with your keyboard", "live");
  }
}

if (live) {
  document.documentElement.classList.add("scripted");
  document.addEventListener("visibilitychange", followTab);
  document.addEventListener("click", copy);
  addEventListener("pagehide", close);
  addEventListener("pageshow", event => event.persisted && followTab());
  followTab();
}
