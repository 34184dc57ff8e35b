/** The controls at the foot of the call: what fits stands here, the rest is under "more". */
import type { ComponentChildren, VNode } from "preact";
import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { Icon, type IconName } from "../icons";
import { DeviceButton } from "../kit/devicebutton";
import { Menu } from "../kit/menu";
import { useSize } from "../kit/observe";
import { useModerator, useSelect, useStore } from "../store";
import { canShareScreen, toggleChat, toggleHand, toggleLayout, toggleParticipants } from "./commands";
import { useMoreCommands } from "./more";
import { fittingTools, type Tool, tools } from "./toolbarfit";

interface ToggleProps {
  icon: IconName;
  label: string;
  shortcut: string;
  /** Left out where pressing changes what the button offers. */
  pressed?: boolean;
  run: () => void;
  children?: ComponentChildren;
  id?: string;
}

function Toggle({ icon, label, shortcut, pressed, run, children, id }: ToggleProps): VNode {
  return (
    <button
      type="button"
      id={id}
      class={pressed ? "tool is-on" : "tool"}
      aria-label={label}
      aria-pressed={pressed}
      data-tip={`${label} (${shortcut})`}
      onClick={run}
    >
      <Icon name={icon} />
      {children}
    </button>
  );
}

/** A number on the corner of a button; the button's name says it in words. */
function Badge({ count }: { count: number }): VNode | null {
  if (count === 0) return null;
  return (
    <span class="badge" aria-hidden="true">
      {count > 99 ? "99+" : count}
    </span>
  );
}

function ChatTool(): VNode {
  const store = useStore();
  const open = useSelect((s) => s.chat.open);
  const unread = useSelect((s) => s.chat.unread);
  const label = unread > 0 ? t("tool.chatUnread", { count: unread }) : t("tool.chat");
  return (
    <Toggle id="tool-chat" icon="chat" label={label} shortcut="C" pressed={open} run={() => toggleChat(store)}>
      <Badge count={unread} />
    </Toggle>
  );
}

function HandTool(): VNode {
  const store = useStore();
  const up = useSelect((s) => s.local.handRaisedAt > 0);
  return <Toggle icon="hand" label={t("tool.hand")} shortcut="R" pressed={up} run={() => toggleHand(store)} />;
}

function PeopleTool(): VNode {
  const store = useStore();
  const open = useSelect((s) => s.participantsOpen);
  return (
    <Toggle id="tool-people" icon="people" label={t("tool.people")} shortcut="P" pressed={open} run={() => toggleParticipants(store)} />
  );
}

function LayoutTool(): VNode {
  const store = useStore();
  const tiles = useSelect((s) => s.layout === "tiles");
  const label = t(tiles ? "tool.speakerView" : "tool.tiles");
  return <Toggle icon={tiles ? "speaker" : "tiles"} label={label} shortcut="W" run={() => toggleLayout(store)} />;
}

const parts: Record<Tool, () => VNode> = {
  microphone: () => <DeviceButton device="microphone" tipKey />,
  camera: () => <DeviceButton device="camera" tipKey />,
  screen: () => <DeviceButton device="screen" tipKey />,
  chat: () => <ChatTool />,
  hand: () => <HandTool />,
  people: () => <PeopleTool />,
  layout: () => <LayoutTool />,
};

function LeaveTool(): VNode {
  const { actions, dialog } = useStore();
  const moderator = useModerator();
  if (!moderator) {
    return (
      <button type="button" class="tool leave" aria-label={t("tool.leave")} data-tip={t("tool.leave")} onClick={actions.leave}>
        <Icon name="leave" />
      </button>
    );
  }
  return (
    <Menu
      label={t("tool.leave")}
      button={<Icon name="leave" />}
      buttonClass="tool leave"
      commands={[
        { icon: "leave", label: t("leave.self"), run: actions.leave },
        {
          icon: "kick",
          label: t("leave.endForAll"),
          danger: true,
          run: () => {
            dialog.value = { kind: "confirm", question: { kind: "endForAll" } };
          },
        },
      ]}
    />
  );
}

function MoreTool({ hiddenTools }: { hiddenTools: readonly Tool[] }): VNode {
  const commands = useMoreCommands(hiddenTools);
  const unread = useSelect((s) => s.chat.unread);
  return (
    <Menu
      label={t("tool.more")}
      look="grid"
      buttonClass="tool"
      commands={commands}
      button={
        <>
          <Icon name="more" />
          {hiddenTools.includes("chat") ? <Badge count={unread} /> : null}
        </>
      }
    />
  );
}

export function Toolbar(): VNode {
  const ref = useRef<HTMLElement>(null);
  const { width } = useSize(ref);
  const scale = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const available = canShareScreen() ? tools : tools.filter((tool) => tool !== "screen");
  const shown = fittingTools(width, scale, available);
  return (
    <nav ref={ref} class="toolbar" aria-label={t("tool.bar")}>
      {shown.map((tool) => {
        const Part = parts[tool];
        return <Part key={tool} />;
      })}
      <MoreTool hiddenTools={available.filter((tool) => !shown.includes(tool))} />
      <LeaveTool />
    </nav>
  );
}
