import { createApp } from "./model/app";
import { mount } from "./view";

const root = document.getElementById("app");
if (root !== null) mount(root, createApp());
