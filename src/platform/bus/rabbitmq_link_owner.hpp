// What a connection that is kept is for: what is sent on it, and what becomes of that which comes.
#pragma once

#include <functional>

#include "base/time.hpp"
#include "platform/bus/rabbitmq_connection.hpp"

namespace platform::rabbitmq {

// Called by one thread at a time: whoever uses the connection. What is thrown by the first three
// ends it.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void connected(Connection& connection) = 0;
  virtual void received(Connection& connection, Incoming incoming) = 0;
  // Sends what waits. When it wants to be called again without a wake(), if at all.
  virtual base::SteadyTime send(Connection& connection) = 0;
  // What whoever reads is to do itself of that which was received, once a worker reads on.
  [[nodiscard]] virtual std::function<void()> take_job() { return nullptr; }
  // Whether something is to come for which nobody waits in read_until().
  [[nodiscard]] virtual bool expects() { return false; }
  // There is no connection now; called again when woken meanwhile.
  virtual void disconnected() = 0;
  // Whether a link that is being stopped may go.
  [[nodiscard]] virtual bool has_finished() = 0;
};

}  // namespace platform::rabbitmq
