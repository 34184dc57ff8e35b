import { createApp } from "./model/app";
import { obstacleOf } from "./model/obstacle";
import { mount, mountObstacle } from "./view";

const root = document.getElementById("app");
if (root !== null) {
  const obstacle = obstacleOf(window as Window & { config?: unknown });
  if (obstacle === null) mount(root, createApp());
  else mountObstacle(root, obstacle);
}
