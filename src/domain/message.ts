/** Portable rich text: whoever sends it renders it, escaping everything. */
export interface MessageContent {
  /** One line, shown in notifications and where nothing richer can be. */
  summary: string;
  /** Sections in order; text is plain, links are explicit. */
  sections: MessageSection[];
}

export interface MessageSection {
  heading?: string;
  /** Plain text, line breaks kept. */
  text?: string;
  fields?: { label: string; value: string; url?: string }[];
}
