// Typed messages: structs described with BOOST_DESCRIBE_STRUCT that have
//   static constexpr std::string_view kType; static constexpr int kVersion;
// if they are called, `using Reply = ...`; and if hosts may send them, kSenders (sender.hpp).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/described.hpp"
#include "platform/bus/bus.hpp"

namespace platform {

// Used by a reply that says nothing.
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

template <class T>
Message make_message(std::string id, std::string request_id, base::Json context, const T& body) {
  return {std::move(id),         std::string(T::kType), T::kVersion,
          std::move(request_id), std::move(context),    base::to_json(body)};
}

template <class T>
typename T::Reply call(Bus& bus, const std::string& topic, Message message,
                       base::Duration timeout) {
  return base::from_json<typename T::Reply>(bus.call(topic, std::move(message), timeout));
}

// A MessageHandler made of one typed handler per message type. An unknown type or a newer version
// throws Error(bad_request) that names it; a message whose sender may not send it, or a host's that
// speaks of another host, Error(forbidden).
class Dispatcher {
 public:
  // Handler: (const Message&, const T&) -> T::Reply, or void if T has no Reply.
  template <class T, class F>
  Dispatcher& on(F handler) {
    if constexpr (senders_of<T>() != Senders::control_only)
      static_assert(std::is_same_v<decltype(T::host), std::string>,
                    "what hosts may send says which host it is about");
    add(std::string(T::kType), T::kVersion, senders_of<T>(),
        [handler = std::move(handler)](const Message& message) -> base::Json {
          const T body = base::from_json<T>(message.body);
          if constexpr (std::is_void_v<std::invoke_result_t<F, const Message&, const T&>>) {
            handler(message, body);
            return nullptr;
          } else {
            return base::to_json(handler(message, body));
          }
        });
    return *this;
  }
  base::Json operator()(const Message& message) const;

  struct Accepted {
    std::string type;
    int version;
    Senders senders;
  };
  // What it handles: for tests and documents.
  [[nodiscard]] std::vector<Accepted> list_accepted() const;

 private:
  struct Entry {
    int version;
    Senders senders;
    MessageHandler handler;
  };
  void add(std::string type, int version, Senders senders, MessageHandler handler);
  std::map<std::string, Entry> entries_;
};

}  // namespace platform
