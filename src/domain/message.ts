/** Portable rich text: whoever sends it renders it, escaping everything. */
export interface MessageContent {
  /** One line, shown in notifications and where nothing richer can be. */
  summary: string;
  /** Sections in order; text is plain, links are explicit. */
  sections: MessageSection[];
  /** Buttons below, where the channel has such; elsewhere they are left out. */
  actions?: MessageAction[];
}

/** A button. What happens when somebody presses it is decided by who they are, never by what the button says. */
export interface MessageAction {
  /** Which command, e.g. `gate.approve`. */
  id: string;
  label: string;
  /** What it is about; comes back when it is pressed. At most 200 characters, never a secret that grants anything by itself. */
  value: string;
  style?: 'primary' | 'danger';
  /** Asked before it counts. */
  confirm?: string;
}

export interface MessageSection {
  heading?: string;
  /** Plain text, line breaks kept. */
  text?: string;
  fields?: { label: string; value: string; url?: string }[];
}
