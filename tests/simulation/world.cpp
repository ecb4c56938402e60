#include "world.hpp"

#include <fmt/core.h>

namespace simulation {
namespace {

constexpr base::Duration kStormSlice = std::chrono::seconds{5};
// After the last fault: every deadline with all its repetitions fits in.
constexpr int kPatience = 480;
constexpr base::Duration kSlice = std::chrono::seconds{30};
// Before this nothing can have come to rest: reconcilers look once a minute.
constexpr int kFirstLook = 4;

[[noreturn]] void fail(const char* what, const Answer& answer) {
  throw std::runtime_error(
      fmt::format("{}: {} {}", what, answer.status, base::to_text(answer.body)));
}

Scale choose_scale(uint64_t seed) {
  Scale scale;
  scale.compute_hosts = seed % 4 == 0 ? 5 : 3;
  scale.controllers = seed % 3 == 0 ? 1 : 2;
  scale.guests_per_host = 1 + static_cast<int64_t>(seed % 5);
  scale.servers_per_project = 3 + static_cast<int64_t>(seed % 6);
  return scale;
}

}  // namespace

void World::prepare() {
  cloud_.as_user([&] {
    // Agents and compute services report before the first request counts on them.
    cloud_.sleep(std::chrono::seconds{30});
    const auto make = [&](const char* what, const char* url, const char* target,
                          const base::Json& body, int status) {
      const Answer answer = cloud_.send(kAdmin, url, "POST", target, body);
      if (answer.status != status) fail(what, answer);
      return answer.body;
    };
    const base::Json network =
        make("network", kNeutron, "/v2.0/networks",
             base::JsonObject{{"network", base::JsonObject{{"name", "n"}, {"shared", true}}}}, 201);
    setting_.network_id = base::get_text(network.at("network"), "id");
    make("subnet", kNeutron, "/v2.0/subnets",
         base::JsonObject{{"subnet", base::JsonObject{{"network_id", setting_.network_id},
                                                      {"ip_version", 4},
                                                      {"cidr", "10.0.0.0/24"}}}},
         201);
    const base::Json flavor = make(
        "flavor", kNova, "/v2.1/flavors",
        base::JsonObject{
            {"flavor", base::JsonObject{{"name", "f"}, {"ram", 128}, {"vcpus", 1}, {"disk", 1}}}},
        200);
    setting_.flavor_id = base::get_text(flavor.at("flavor"), "id");
    const base::Json image = make("image", kGlance, "/v2/images",
                                  base::JsonObject{{"name", "i"},
                                                   {"disk_format", "raw"},
                                                   {"container_format", "bare"},
                                                   {"visibility", "public"}},
                                  201);
    setting_.image_id = base::get_text(image, "id");
    const Answer sent =
        cloud_.upload(kAdmin, "/v2/images/" + setting_.image_id + "/file", kImageBytes, 1000);
    if (sent.status != 204) fail("upload", sent);
    const Answer type =
        cloud_.send(kAdmin, kCinder, "POST", "/v3/group_types",
                    base::JsonObject{{"group_type", base::JsonObject{{"name", "g"}}}});
    if (type.status != 202) fail("group type", type);
    setting_.group_type_id = base::get_text(type.body.at("group_type"), "id");
  });
}

void World::disturb(const Weather& weather, size_t deeds) {
  Storm storm(cloud_, weather, observer_);
  const auto longest = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(weather.longest_thought).count());
  size_t busy = 0;
  std::vector<std::unique_ptr<User>> users;
  std::vector<std::unique_ptr<platform::Task>> tasks;
  for (const char* project : kProjects) {
    users.push_back(std::make_unique<User>(cloud_, setting_, ledger_, project, users.size()));
    ++busy;
    tasks.push_back(cloud_.start_user("user", [this, &busy, deeds, longest, &user = *users.back()] {
      for (size_t i = 0; i < deeds; ++i) {
        user.act();
        cloud_.sleep(std::chrono::milliseconds{cloud_.simulation().choose(longest)});
      }
      --busy;
    }));
  }
  platform::Simulation& simulation = cloud_.simulation();
  for (int slice = 0; slice < 400 && busy > 0; ++slice) {
    simulation.run_until([&] { return busy == 0; }, kStormSlice);
    storm.next_slice();
  }
  // What is away now is away until it comes back: whoever was given up while it was, returns.
  while (storm.abates()) simulation.run_until([] { return false; }, kStormSlice);
  storm.end();
  if (!simulation.run_until([&] { return busy == 0; }, std::chrono::hours{2}))
    throw std::runtime_error("a user waits for ever:\n" + simulation.dump());
}

void World::walk_through() {
  User user(cloud_, setting_, ledger_, kProjects[0], 0);
  bool done = false;
  const auto task = cloud_.start_user("user", [&] {
    user.create_server();
    user.create_with_own_port();
    user.create_several();
    user.create_image();
    user.import_image();
    cloud_.sleep(std::chrono::seconds{30});
    for (int i = 0; i < 3; ++i) {
      user.make_image_of_server();
      cloud_.sleep(std::chrono::seconds{5});
    }
    for (int i = 0; i < 6; ++i) {
      user.change_power();
      cloud_.sleep(std::chrono::seconds{5});
    }
    user.create_volume();
    user.create_volume();
    user.create_server_on_volume();
    cloud_.sleep(std::chrono::seconds{30});
    user.attach_volume();
    user.create_snapshot();
    cloud_.sleep(std::chrono::seconds{10});
    user.extend_volume();
    cloud_.sleep(std::chrono::seconds{10});
    user.detach_volume();
    user.delete_snapshot();
    cloud_.sleep(std::chrono::seconds{10});
    user.delete_volume();
    user.create_group();
    cloud_.sleep(std::chrono::seconds{10});
    user.create_volume_in_group();
    user.create_volume_in_group();
    cloud_.sleep(std::chrono::seconds{10});
    user.create_group_snapshot();
    cloud_.sleep(std::chrono::seconds{10});
    user.copy_group();
    cloud_.sleep(std::chrono::seconds{10});
    user.delete_group_snapshot();
    cloud_.sleep(std::chrono::seconds{10});
    user.delete_group();
    user.create_server();
    user.delete_server();
    user.delete_server_twice();
    user.delete_image();
    user.delete_port();
    cloud_.sleep(std::chrono::seconds{30});
    user.look_around();
    done = true;
  });
  // Sometimes dead for moments, sometimes until the others have noticed.
  const auto rest = std::chrono::seconds{cloud_.simulation().choose(2) == 0 ? 10 : 120};
  while (!cloud_.simulation().run_until([&] { return done; }, rest)) cloud_.start_dead(true);
}

std::vector<std::string> World::settle() {
  std::vector<std::string> wrong;
  for (int slice = 0; slice < kPatience; ++slice) {
    cloud_.simulation().run_until([] { return false; }, kSlice);
    if (slice < kFirstLook) continue;
    observer_.look({});
    wrong = violations(cloud_, ledger_);
    if (wrong.empty()) break;
  }
  return wrong;
}

Outcome run_seed(uint64_t seed, std::function<void(const std::string&)> trace) {
  World world(seed, choose_scale(seed));
  platform::Simulation& simulation = world.cloud().simulation();
  if (trace) simulation.trace_to(std::move(trace));
  Outcome outcome;
  try {
    world.prepare();
    const Weather weather = choose_weather(simulation);
    outcome.weather = to_text(weather);
    world.disturb(weather, 10);
    outcome.wrong = world.settle();
  } catch (const std::exception& error) {
    outcome.wrong = {error.what()};
  }
  outcome.seen = world.seen();
  outcome.trace_hash = simulation.trace_hash();
  return outcome;
}

}  // namespace simulation
