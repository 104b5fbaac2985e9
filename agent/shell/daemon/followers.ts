/** Those who follow what happens (`meshpay events`). Nobody follows most of the time, so what
 * happened is put into words only when somebody does. */
import type { EventView, Happening } from '../control/event-view.ts';

export interface Events {
  /** Tells all followers; `happening` is asked for only if there are any. */
  publish(happening: () => Happening): void;
  /** Follows until the returned function is called. */
  follow(follower: (event: EventView) => void): () => void;
}

export function createEvents(wallMs: () => number): Events {
  const followers = new Set<(event: EventView) => void>();
  return {
    publish(happening) {
      if (followers.size === 0) return;
      const event = { ...happening(), atMs: wallMs() };
      for (const follower of followers) follower(event);
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
