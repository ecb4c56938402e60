#include "platform/bus/rabbitmq_permissions.hpp"

#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "platform/bus/delivery_policy.hpp"
#include "platform/bus/rabbitmq_topology.hpp"
#include "platform/crypto.hpp"

namespace platform::rabbitmq {
namespace {

using Patterns = std::vector<std::string>;

// What a process gives its own queues' names: the ids of replies and subscriptions, and the number
// of the connection.
constexpr std::string_view kId = "[0-9a-f]+";
constexpr std::string_view kIdAndNumber = "[0-9a-f]+_[0-9]+";

std::string literal(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '-';
    if (!plain) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// The whole name is one of these. Of none: nothing matches.
std::string any_of(const Patterns& patterns) {
  if (patterns.empty()) return "^$";
  std::string text;
  for (const std::string& pattern : patterns) text += (text.empty() ? "" : "|") + pattern;
  return "^(" + text + ")$";
}

Patterns joined(Patterns first, const Patterns& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Where failed casts go: to be tried again, and to die.
std::vector<std::string> failure_exchanges(const Names& names) {
  std::vector<std::string> exchanges{names.dead()};
  for (const base::Duration delay : DeliveryPolicy{}.backoffs())
    exchanges.push_back(names.retry(delay));
  return exchanges;
}

class Access {
 public:
  Access(const std::string& prefix, const HostUser& user) : prefix_(prefix), user_(user) {}

  void write_permission(base::JsonWriter& json, const std::string& virtual_host) const {
    Patterns own{literal(Names(prefix_, "").replies(user_.name)) + std::string(kIdAndNumber)};
    Patterns published;
    Patterns bound;
    for (const ExchangeAccess& access : user_.access) {
      const Names names(prefix_, access.exchange);
      for (const std::string& topic : access.own_topics) {
        own.push_back(literal(names.casts(topic)));
        own.push_back(literal(names.calls(topic)));
      }
      for (const std::string& topic : access.heard_fanouts) {
        own.push_back(literal(names.fanout(topic)) + "_" + std::string(kIdAndNumber));
        bound.push_back(literal(names.fanout(topic)));
      }
      published.push_back(literal(names.exchange()));
      bound.push_back(literal(names.exchange()));
      if (access.own_topics.empty()) continue;
      for (const std::string& exchange : failure_exchanges(names))
        published.push_back(literal(exchange));
    }
    json.begin_object();
    json.field("user", user_.name);
    json.field("vhost", virtual_host);
    json.field("configure", any_of(own));
    json.field("write", any_of(joined(published, own)));
    json.field("read", any_of(joined(bound, own)));
    json.end_object();
  }

  void write_topic_permissions(base::JsonWriter& json, const std::string& virtual_host) const {
    for (const ExchangeAccess& access : user_.access) {
      const Names names(prefix_, access.exchange);
      // Answers go to whoever asked; no host asks another.
      Patterns published{literal(names.replies()) + "(?!compute-|network-).*"};
      for (const std::string& topic : access.called_topics)
        published.push_back(literal(names.calls(topic)));
      Patterns casts;
      Patterns bound{literal(names.replies(user_.name)) + std::string(kId)};
      for (const std::string& topic : access.own_topics) {
        casts.push_back(literal(names.casts(topic)));
        bound.push_back(literal(names.casts(topic)));
        bound.push_back(literal(names.calls(topic)));
      }
      write_topic_permission(json, virtual_host, names.exchange(), published, bound);
      for (const std::string& exchange : failure_exchanges(names))
        write_topic_permission(json, virtual_host, exchange, casts, {});
    }
  }

 private:
  void write_topic_permission(base::JsonWriter& json, const std::string& virtual_host,
                              const std::string& exchange, const Patterns& published,
                              const Patterns& bound) const {
    json.begin_object();
    json.field("user", user_.name);
    json.field("vhost", virtual_host);
    json.field("exchange", exchange);
    json.field("write", any_of(published));
    json.field("read", any_of(bound));
    json.end_object();
  }

  const std::string& prefix_;
  const HostUser& user_;
};

void write_user(base::JsonWriter& json, const HostUser& user, Random& random) {
  const std::string salt = random.bytes(4);
  json.begin_object();
  json.field("name", user.name);
  json.field("password_hash", base::to_base64(salt + sha256(salt + user.password)));
  json.field("hashing_algorithm", "rabbit_password_hashing_sha256");
  json.field("tags", "");
  json.end_object();
}

// What all share of a service, declared as its roles declare it.
class SharedParts {
 public:
  SharedParts(const std::string& prefix, std::span<const HostUser> users) {
    for (const HostUser& user : users)
      for (const ExchangeAccess& access : user.access) {
        const Names names(prefix, access.exchange);
        exchanges_[names.exchange()] = "topic";
        for (const std::string& topic : access.heard_fanouts)
          exchanges_[names.fanout(topic)] = "fanout";
        add_queue(dead_queue(names));
        for (const base::Duration delay : DeliveryPolicy{}.backoffs())
          add_queue(retry_queue(names, delay));
      }
  }

  void write(base::JsonWriter& json, const std::string& virtual_host) const {
    json.key("exchanges");
    json.begin_array();
    for (const auto& [name, type] : exchanges_) write_exchange(json, virtual_host, name, type);
    json.end_array();
    json.key("queues");
    json.begin_array();
    for (const auto& [name, queue] : queues_) write_queue(json, virtual_host, queue);
    json.end_array();
    json.key("bindings");
    json.begin_array();
    for (const auto& [name, queue] : queues_) write_binding(json, virtual_host, name);
    json.end_array();
  }

 private:
  void add_queue(const QueueDeclaration& queue) {
    exchanges_[queue.name] = "topic";
    queues_[queue.name] = queue;
  }

  static void write_exchange(base::JsonWriter& json, const std::string& virtual_host,
                             const std::string& name, const std::string& type) {
    json.begin_object();
    json.field("name", name);
    json.field("vhost", virtual_host);
    json.field("type", type);
    json.field("durable", true);
    json.field("auto_delete", false);
    json.field("internal", false);
    json.field("arguments", base::Json(base::JsonObject{}));
    json.end_object();
  }

  static void write_queue(base::JsonWriter& json, const std::string& virtual_host,
                          const QueueDeclaration& queue) {
    json.begin_object();
    json.field("name", queue.name);
    json.field("vhost", virtual_host);
    json.field("durable", queue.durable);
    json.field("auto_delete", queue.auto_delete);
    json.key("arguments");
    json.begin_object();
    for (const auto& [key, value] : queue.arguments)
      std::visit([&, &name = key](const auto& held) { json.field(name, held); }, value);
    json.end_object();
    json.end_object();
  }

  static void write_binding(base::JsonWriter& json, const std::string& virtual_host,
                            const std::string& name) {
    json.begin_object();
    json.field("source", name);
    json.field("vhost", virtual_host);
    json.field("destination", name);
    json.field("destination_type", "queue");
    json.field("routing_key", kEveryKey);
    json.field("arguments", base::Json(base::JsonObject{}));
    json.end_object();
  }

  std::map<std::string, std::string> exchanges_;  // name -> type
  std::map<std::string, QueueDeclaration> queues_;
};

}  // namespace

std::string write_definitions(const std::string& virtual_host, std::span<const HostUser> users,
                              Random& random, const std::string& name_prefix) {
  base::JsonWriter json;
  json.begin_object();
  json.key("users");
  json.begin_array();
  for (const HostUser& user : users) write_user(json, user, random);
  json.end_array();
  json.key("permissions");
  json.begin_array();
  for (const HostUser& user : users) Access(name_prefix, user).write_permission(json, virtual_host);
  json.end_array();
  json.key("topic_permissions");
  json.begin_array();
  for (const HostUser& user : users)
    Access(name_prefix, user).write_topic_permissions(json, virtual_host);
  json.end_array();
  SharedParts(name_prefix, users).write(json, virtual_host);
  json.end_object();
  return json.take();
}

}  // namespace platform::rabbitmq
