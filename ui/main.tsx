import { render } from "preact";
import { App } from "./app.tsx";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/cards.css";
import "./styles/parts.css";
import "./styles/job.css";
import "./styles/controls.css";
import "./styles/views.css";
import "./styles/looks.css";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
