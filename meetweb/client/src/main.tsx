document.getElementById("app")?.replaceChildren();
