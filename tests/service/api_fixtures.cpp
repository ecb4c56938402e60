#include "api_fixtures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "base/text.hpp"

namespace api_edge {
namespace {

// The member of an answer that a path names: "server.id", "keypairs.0.name".
std::string pick(const base::Json& answer, const std::string& path) {
  const base::Json* value = &answer;
  for (const std::string_view step : base::split(path, '.')) {
    if (value->is_array()) {
      value = &value->get_array().at(static_cast<size_t>(*base::parse_integer(step)));
      continue;
    }
    value = base::find(*value, step);
    if (!value) throw std::runtime_error("no " + path + " in " + base::to_text(answer));
  }
  return value->is_string() ? std::string(value->get_string()) : base::to_text(*value);
}

Caller caller_named(const std::string& name) {
  for (const CallerName& row : callers())
    if (row.name == name) return row.caller;
  throw std::runtime_error("no caller " + name);
}

// What an API answers for before it is there.
struct MadeLater {
  std::string_view target, role, resource, making;
};
constexpr std::array kMadeLater{
    MadeLater{"/v2.1/servers", "nova-api", "server", "BUILD"},
    MadeLater{"/v3/volumes", "cinder-api", "volume", "creating"},
    MadeLater{"/v3/snapshots", "cinder-api", "snapshot", "creating"},
};

}  // namespace

std::string read_test_file(const std::string& name) {
  std::ifstream file(std::string(NEPHELE_SERVICE_TESTS) + "/" + name);
  if (!file) throw std::runtime_error("cannot read " + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> read_table(const std::string& name) {
  std::vector<std::string> lines;
  const std::string text = read_test_file(name);
  for (const std::string_view line : base::split(text, '\n'))
    if (!base::trim(line).empty() && !line.starts_with('#')) lines.emplace_back(line);
  return lines;
}

std::string take_word(std::string& line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const size_t end = std::min(line.find(' ', begin), line.size());
  std::string word = line.substr(begin, end - begin);
  line.erase(0, std::min(line.find_first_not_of(' ', end), line.size()));
  return word;
}

ApiFixtures::ApiFixtures(CloudWorld& world) : world_(world) {
  for (std::string line : read_table("api_fixtures.txt")) {
    const std::string name = take_word(line);
    Step step;
    step.caller = take_word(line);
    if (step.caller == "=") {
      step.target = line;
    } else {
      step.role = take_word(line);
      step.method = take_word(line);
      step.target = take_word(line);
      step.id_path = take_word(line);
      step.body = line;
    }
    steps_[name].push_back(step);
  }
}

std::string ApiFixtures::expand(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t open = text.find('{');
    const size_t close = text.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:", open + 1);
    if (open == std::string_view::npos) return out.append(text);
    // JSON's own braces are followed by a quote, a brace or a blank.
    if (close == std::string_view::npos || text[close] != '}' || close == open + 1) {
      out.append(text.substr(0, open + 1));
      text.remove_prefix(open + 1);
      continue;
    }
    out.append(text.substr(0, open));
    out.append(id_of(std::string(text.substr(open + 1, close - open - 1))));
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string ApiFixtures::name_for(std::string_view segment_before,
                                  std::string_view parameter) const {
  if (const size_t equals = parameter.find('='); equals != std::string_view::npos)
    return std::string(parameter.substr(equals + 1));
  const std::string exact = fmt::format("{}.{}", segment_before, parameter);
  return has(exact) ? exact : std::string(parameter);
}

std::string ApiFixtures::expand_path(std::string_view path) {
  std::string out;
  std::string_view before;
  for (const std::string_view segment : base::split(path.substr(1), '/')) {
    out += '/';
    if (segment.starts_with('{'))
      out += id_of(name_for(before, segment.substr(1, segment.size() - 2)));
    else
      out += segment;
    before = segment;
  }
  return out;
}

void ApiFixtures::forget_path(std::string_view path) {
  std::string_view before;
  for (const std::string_view segment : base::split(path, '/')) {
    if (segment.starts_with('{')) forget(name_for(before, segment.substr(1, segment.size() - 2)));
    before = segment;
  }
}

void ApiFixtures::forget(const std::string& name) {
  if (made_.erase(name) == 0) return;
  const std::set<std::string> users = std::move(used_by_[name]);
  used_by_.erase(name);
  for (const std::string& user : users) forget(user);
}

const std::string& ApiFixtures::id_of(const std::string& name) {
  if (name == "unique") return made_[""] = fmt::format("name-{}", ++counter_);
  if (name == "number") return made_[""] = std::to_string(1 + ++counter_ % 60000);
  if (name == "octet") return made_[""] = std::to_string(++counter_ % 250);
  if (name.starts_with("project:")) return world_.project(name.substr(8));
  if (name.starts_with("user:")) return world_.user(name.substr(5));
  for (const std::string& user : making_) used_by_[name].insert(user);
  if (const auto found = made_.find(name); found != made_.end()) return found->second;
  making_.push_back(name);
  std::string id = make(name);
  making_.pop_back();
  return made_[name] = std::move(id);
}

std::string ApiFixtures::make(const std::string& name) {
  const auto steps = steps_.find(name);
  if (steps == steps_.end()) throw std::runtime_error("api_fixtures.txt has no line for " + name);
  std::string id;
  for (const Step& step : steps->second) {
    if (step.caller == "=") return expand(step.target);
    // Later steps act on what the first one made.
    const auto text = [&](const std::string& from) {
      return expand(base::replace_all(from, "{self}", id));
    };
    auto request = make_request(step.method, text(step.target), text(step.body));
    if (request.path.ends_with("/file") || request.path.ends_with("/stage"))
      request.headers.set("Content-Type", "application/octet-stream");
    // Attachments came with 3.27.
    if (step.role == "cinder-api") request.headers.set("OpenStack-API-Version", "volume 3.44");
    const base::Json answer = world_.must(step.role, request, caller_named(step.caller));
    if (step.id_path == "-") continue;
    id = step.id_path.starts_with('=') ? text(step.id_path.substr(1)) : pick(answer, step.id_path);
    settle(step.target, id);
  }
  return id;
}

// What is made in the background comes to rest: a server that no host takes in ERROR.
void ApiFixtures::settle(const std::string& target, const std::string& id) {
  const auto row = std::find_if(kMadeLater.begin(), kMadeLater.end(),
                                [&](const MadeLater& later) { return later.target == target; });
  if (row == kMadeLater.end()) return;
  for (int i = 0; i < 1000; ++i) {
    const base::Json answer = world_.must(row->role, make_request("GET", target + "/" + id));
    if (base::text_or(*base::find(answer, row->resource), "status") != row->making) return;
    world_.runtime().executor.sleep_for(std::chrono::milliseconds{5});
  }
  throw std::runtime_error(target + "/" + id + " is never ready");
}

}  // namespace api_edge
