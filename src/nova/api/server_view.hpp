// A server as JSON, in the shape of each microversion: one table of fields with version ranges
// (rest_api_version_history of Nova's API reference).
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "nova/api/common.hpp"
#include "nova/store/instances.hpp"

namespace nova::api {

// Which document a server is part of: before 2.75 the answers to an update and to a rebuild are
// smaller ones.
enum class ServerDocument { detail, show, update, rebuild };

// Made once per answer; writes any number of servers.
class ServerView {
 public:
  ServerView(app::App& app, const ApiRequest& request, ServerDocument document);

  // {"id", "name", "links"}.
  void write_brief(base::JsonWriter& json, const store::InstanceRow& server) const;
  void write(base::JsonWriter& json, const store::InstanceRow& server) const;
  // With more members at the end.
  void write(base::JsonWriter& json, const store::InstanceRow& server,
             const std::function<void()>& more) const;
  // Loads what is kept outside the rows, in a bounded number of queries; before `write`.
  void prepare(platform::Session& session, std::span<const store::InstanceRow> servers);

  // What fields need; public for the table in server_view.cpp.
  const Links& image_links() const { return image_links_; }
  const Links& flavor_links() const { return flavor_links_; }
  [[nodiscard]] std::string host_status(const std::string& host) const;
  // What tells a project's hosts apart without naming them; empty for a server without a host.
  [[nodiscard]] const std::string& host_id(const store::InstanceRow& server) const;
  [[nodiscard]] std::string user_data(const std::string& server_id) const;

 private:
  Links links_;
  Links image_links_;
  Links flavor_links_;
  std::vector<size_t> fields_;                      // rows of the table that apply
  std::map<std::string, std::string> host_status_;  // only if a field needs it
  bool wants_user_data_ = false;
  std::map<std::string, std::string> user_data_;
  // By project and host: a list has many servers of few hosts.
  mutable std::map<std::pair<std::string, std::string>, std::string> host_ids_;
};

// "ACTIVE", "BUILD", ... (nova/api/openstack/common.py, _STATE_MAP).
[[nodiscard]] std::string_view status_of(std::string_view vm_state, std::string_view task_state);

// The states that a status stands for; an empty task state means any that has no status of its
// own.
struct StatePair {
  std::string_view vm_state;
  std::string_view task_state;
};
[[nodiscard]] std::vector<StatePair> states_of(std::string_view status);

// "network name": [{"version", "addr", ...}] for every network; only `network` unless empty. The
// number of networks written.
size_t write_addresses(base::JsonWriter& json, const store::InstanceRow& server,
                       std::string_view network, bool extended);

}  // namespace nova::api
