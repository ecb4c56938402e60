#include "nova/store/quotas.hpp"

namespace nova::store {
namespace {

using platform::Session;

Limits read_limits(Session& session, std::string_view sql, const platform::SqlValues& values) {
  Limits limits;
  session.query(sql, values, [&](const platform::SqlRow& row) {
    limits[std::string(row.text(0))] = row.integer(1);
  });
  return limits;
}

Usage read_usage(Session& session, std::string_view sql, const platform::SqlValues& values) {
  Usage usage;
  session.query(sql, values, [&](const platform::SqlRow& row) {
    usage.instances = row.integer(0);
    usage.cores = row.is_null(1) ? 0 : row.integer(1);
    usage.ram = row.is_null(2) ? 0 : row.integer(2);
  });
  return usage;
}

}  // namespace

Limits list_quotas(Session& session, const std::string& project_id, const std::string& user_id) {
  return read_limits(session,
                     "SELECT resource, hard_limit FROM quotas WHERE project_id=? AND user_id=?",
                     {project_id, user_id});
}

ProjectLimits list_quotas_of_both(Session& session, const std::string& project_id,
                                  const std::string& user_id) {
  ProjectLimits limits;
  session.query(
      "SELECT user_id, resource, hard_limit FROM quotas WHERE project_id=? AND user_id IN ('',?)",
      {project_id, user_id}, [&](const platform::SqlRow& row) {
        Limits& whose = row.text(0).empty() ? limits.project : limits.user;
        whose[std::string(row.text(1))] = row.integer(2);
      });
  return limits;
}

void set_quota(Session& session, const std::string& project_id, const std::string& user_id,
               const std::string& resource, int64_t limit) {
  const int64_t known = session.change(
      "UPDATE quotas SET hard_limit=? WHERE project_id=? AND user_id=? AND resource=?",
      {limit, project_id, user_id, resource});
  if (known > 0) return;
  session.execute("INSERT INTO quotas (project_id, user_id, resource, hard_limit) VALUES (?,?,?,?)",
                  {project_id, user_id, resource, limit});
}

void delete_quotas(Session& session, const std::string& project_id, const std::string& user_id) {
  if (user_id.empty())
    session.execute("DELETE FROM quotas WHERE project_id=?", {project_id});
  else
    session.execute("DELETE FROM quotas WHERE project_id=? AND user_id=?", {project_id, user_id});
}

Limits list_quota_class(Session& session, const std::string& class_name) {
  return read_limits(session, "SELECT resource, hard_limit FROM quota_classes WHERE class_name=?",
                     {class_name});
}

void set_quota_class(Session& session, const std::string& class_name, const std::string& resource,
                     int64_t limit) {
  const int64_t known =
      session.change("UPDATE quota_classes SET hard_limit=? WHERE class_name=? AND resource=?",
                     {limit, class_name, resource});
  if (known > 0) return;
  session.execute("INSERT INTO quota_classes (class_name, resource, hard_limit) VALUES (?,?,?)",
                  {class_name, resource, limit});
}

Usage usage_of_project(Session& session, const std::string& project_id) {
  return read_usage(session,
                    "SELECT COUNT(*), SUM(vcpus), SUM(memory_mib) FROM instances "
                    "WHERE project_id=? AND deleted=0",
                    {project_id});
}

Usage usage_of_user(Session& session, const std::string& project_id, const std::string& user_id) {
  return read_usage(session,
                    "SELECT COUNT(*), SUM(vcpus), SUM(memory_mib) FROM instances "
                    "WHERE project_id=? AND deleted=0 AND user_id=?",
                    {project_id, user_id});
}

}  // namespace nova::store
