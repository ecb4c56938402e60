#include "platform/bus/dispatcher.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "platform/bus/in_process.hpp"

namespace platform {
namespace {

struct HostFound {
  std::string host;
};
BOOST_DESCRIBE_STRUCT(HostFound, (), (host))

struct FindHost {
  static constexpr std::string_view kType = "FindHost";
  static constexpr int kVersion = 2;
  using Reply = HostFound;
  std::string server_id;
};
BOOST_DESCRIBE_STRUCT(FindHost, (), (server_id))

struct Forget {
  static constexpr std::string_view kType = "Forget";
  static constexpr int kVersion = 1;
  std::string server_id;
};
BOOST_DESCRIBE_STRUCT(Forget, (), (server_id))

template <class T>
Message make(const T& body) {
  return make_message("id", "req-1", base::JsonObject{}, body);
}

TEST(Dispatcher, GivesAMessageToTheHandlerOfItsTypeAndAnswersTyped) {
  std::string forgotten;
  Dispatcher dispatcher;
  dispatcher.on<FindHost>([](const Message&, const FindHost& wanted) {
    return HostFound{"host of " + wanted.server_id};
  });
  dispatcher.on<Forget>(
      [&](const Message&, const Forget& wanted) { forgotten = wanted.server_id; });
  const auto bus = make_in_process_bus(
      {system_executor(), system_clock(), system_random(), null_tracer(), "host1"});
  const auto subscription = bus->subscribe("scheduler", dispatcher, {.role = "nova-scheduler"});

  const auto limit = std::chrono::seconds(1);
  EXPECT_EQ(call<FindHost>(*bus, "scheduler", make(FindHost{"a"}), limit).host, "host of a");
  EXPECT_EQ(bus->call("scheduler", make(Forget{"b"}), limit), nullptr);
  EXPECT_EQ(forgotten, "b");
}

TEST(Dispatcher, RefusesAnUnknownTypeAndANewerVersionByName) {
  Dispatcher dispatcher;
  dispatcher.on<FindHost>([](const Message&, const FindHost&) { return HostFound{}; });
  Message newer = make(FindHost{});
  newer.version = 3;
  const auto refusal_of = [&](const Message& message) -> std::string {
    try {
      (void)dispatcher(message);
    } catch (const base::Error& error) {
      return error.message();
    }
    return "taken";
  };
  EXPECT_EQ(refusal_of(make(Forget{})), "A message of type Forget is not known here.");
  EXPECT_EQ(
      refusal_of(newer),
      "Version 3 of FindHost is newer than version 2, which is known here: bring this role to "
      "the version of the others, then `nephele queue requeue`.");
  newer.version = 1;
  EXPECT_EQ(refusal_of(newer), "taken");
}

TEST(Message, GoesOverTheWireAndBack) {
  const Message message = make(FindHost{"\"quoted\"\n"});
  const Message back = from_wire(to_wire(message));
  EXPECT_EQ(back.id, "id");
  EXPECT_EQ(back.type, "FindHost");
  EXPECT_EQ(back.version, 2);
  EXPECT_EQ(back.request_id, "req-1");
  EXPECT_EQ(back.body, message.body);
  EXPECT_THROW((void)from_wire("{}"), base::Error);
  EXPECT_THROW((void)from_wire("nonsense"), base::Error);
}

}  // namespace
}  // namespace platform
