// Runs before the first paint, so that a dark page never flashes white. Not a module for that reason.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let wish = null;
    try {
      wish = JSON.parse(localStorage.getItem("chexin.theme") ?? "null");
    } catch {
      wish = null; // storage is forbidden: follow the system
    }
    const theme = wish === "dark" || wish === "light" ? wish : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
    document.querySelector("meta[name=theme-color]")?.setAttribute("content", theme === "dark" ? "#17202a" : "#ffffff");
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("chexin:theme", apply);
  addEventListener("storage", apply);
})();
