// Messages that change state are rows first: written in the transaction that decides, published
// afterwards, deleted when settled (design section 5). Every service's schema has the table
//   CREATE TABLE outbox (id TEXT PRIMARY KEY, topic TEXT NOT NULL, message TEXT NOT NULL,
//                        created_at BIGINT NOT NULL);
// and the table of lease.hpp.
#pragma once

#include <memory>
#include <string>

#include "platform/bus/bus.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace platform {

// Writes the message into the outbox within the session's transaction. Its id is the row's.
void enqueue(Session& session, const std::string& topic, const Message& message,
             base::TimePoint now);

// Publishes what the transactions of its process enqueue, as soon as they are durable; a row goes
// when the bus has settled it, and is published again if that has not happened after a while.
//
// What others have left in the outbox (they died, or had no broker) is published, oldest first, a
// second after it was first seen. Of several relays of one database one at a time looks: who holds
// the lease "outbox". Another follows within ten seconds when it has died, within a second when it
// has ended or has no broker.
class OutboxRelay {
 public:
  OutboxRelay(Runtime runtime, Database& database, Bus& bus);
  ~OutboxRelay();

 private:
  struct State;
  void release() noexcept;

  std::shared_ptr<State> state_;
  std::unique_ptr<Periodic> loop_;
};

}  // namespace platform
