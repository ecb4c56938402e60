// `nephele queue`: the topics on a broker, and the messages that were given up.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "cinder/messages.hpp"
#include "cinder/service.hpp"
#include "glance/messages.hpp"
#include "nephele/cloud.hpp"
#include "nephele/commands.hpp"
#include "nephele/topics.hpp"
#include "neutron/messages.hpp"
#include "nova/messages.hpp"
#include "nova/service.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/bus/rabbitmq_queues.hpp"

namespace nephele {
namespace {

using platform::rabbitmq::DeadLetter;
using platform::rabbitmq::Queues;

struct KnownTopic {
  std::string_view service;
  std::string_view topic;
};

// Those to which is cast or called; each compute host has two more, each back end of volumes one.
constexpr KnownTopic kTopics[] = {
    {"glance", glance::kRegistryTopic},   {"glance", glance::kApiTopic},
    {"cinder", cinder::kSchedulerTopic},  {"neutron", neutron::kPluginTopic},
    {"neutron", neutron::kNotifierTopic}, {"nova", nova::kSchedulerTopic},
    {"nova", nova::kConductorTopic},
};

// A service whose transport_url names brokers.
struct Connected {
  std::string_view service;
  std::unique_ptr<Queues> queues;
};

std::vector<Connected> connect(const CommandLine& line) {
  std::vector<Connected> connected;
  for (const ServiceEntry& service : services()) {
    if (!service.has_bus) continue;
    const platform::Config config = load_config(line, service);
    if (!platform::has_broker(config)) continue;
    connected.push_back(
        {service.name, std::make_unique<Queues>(platform::rabbitmq_options(config, service.name))});
  }
  if (connected.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("no service has its queues on a broker: set transport_url in "
                                  "{}/nephele.conf",
                                  line.config_dir));
  return connected;
}

void print_topics(const CommandLine& line, const Connected& of) {
  for (const std::string& topic : list_topics(line, of.service)) {
    const auto state = of.queues->find_topic(topic);
    if (!state) continue;
    fmt::print("{:<10} {:<34} {:>8} {:>10} {:>8} {:>10}\n", of.service, topic, state->casts,
               state->cast_consumers, state->calls, state->call_consumers);
  }
}

void print_letters(const Connected& of) {
  for (const DeadLetter& letter : of.queues->list_dead_letters())
    fmt::print("{:<38} {:<24} {:<22} {:>5}  {:<20}  {}\n", letter.id, letter.topic, letter.type,
               letter.tries, letter.died_at, letter.error);
}

int list(const CommandLine& line) {
  const std::vector<Connected> all = connect(line);
  fmt::print("{:<10} {:<34} {:>8} {:>10} {:>8} {:>10}\n", "service", "topic", "casts", "consumers",
             "calls", "consumers");
  for (const Connected& of : all) print_topics(line, of);
  fmt::print("\ndead letters\n{:<38} {:<24} {:<22} {:>5}  {:<20}  {}\n", "message", "topic", "type",
             "tries", "given up at", "error");
  for (const Connected& of : all) print_letters(of);
  return 0;
}

int show(const CommandLine& line, const std::string& id) {
  for (const Connected& of : connect(line))
    for (const DeadLetter& letter : of.queues->list_dead_letters()) {
      if (letter.id != id) continue;
      fmt::print("service      {}\ntopic        {}\ntype         {}\ntries        {}\n", of.service,
                 letter.topic, letter.type, letter.tries);
      fmt::print("given up at  {}\nerror        {}\n{}\n", letter.died_at, letter.error,
                 letter.message);
      return 0;
    }
  fmt::print(stderr, "there is no dead letter {}; see nephele queue list\n", id);
  return 1;
}

int requeue(const CommandLine& line, const std::vector<std::string>& ids) {
  const bool all = ids == std::vector<std::string>{"all"};
  size_t sent = 0;
  for (const Connected& of : connect(line))
    sent += of.queues->requeue([&](const DeadLetter& letter) {
      return all || std::find(ids.begin(), ids.end(), letter.id) != ids.end();
    });
  fmt::print("{} sent again\n", sent);
  return sent > 0 || all ? 0 : 1;
}

}  // namespace

std::vector<std::string> list_topics(const CommandLine& line, std::string_view service) {
  std::vector<std::string> topics;
  for (const KnownTopic& known : kTopics)
    if (known.service == service) topics.emplace_back(known.topic);
  const auto list_of_hosts = service == "nova"     ? nova::list_compute_topics
                             : service == "cinder" ? cinder::list_volume_topics
                                                   : nullptr;
  if (!list_of_hosts) return topics;
  const ServiceEntry& entry = get_service(service);
  const platform::Config config = load_config(line, entry);
  if (!is_embedded(config) ||
      std::filesystem::exists(StateDirectory{line.state_dir}.database(std::string(service)))) {
    const auto database = open_database(line, entry, config);
    for (std::string& topic : list_of_hosts(*database)) topics.push_back(std::move(topic));
  }
  return topics;
}

int manage_queues(const CommandLine& line) {
  const std::vector<std::string>& words = line.arguments;
  if (words.size() == 1 && words[0] == "list") return list(line);
  if (words.size() == 2 && words[0] == "show") return show(line, words[1]);
  if (words.size() >= 2 && words[0] == "requeue")
    return requeue(line, {words.begin() + 1, words.end()});
  throw base::Error(base::ErrorKind::bad_request,
                    "the queue commands are: nephele queue list, show MESSAGE, requeue MESSAGE... "
                    "or requeue all");
}

}  // namespace nephele
