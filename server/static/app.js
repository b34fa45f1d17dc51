// The chat page. The regions and their accessible names are listed at the top of index.html.
for (const id of ['door']) document.getElementById(id).hidden = false;
