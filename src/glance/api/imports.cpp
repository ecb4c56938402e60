#include "glance/api/imports.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>

#include "glance/api/data_intake.hpp"
#include "glance/api/preparation.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

constexpr size_t kWorkers = 4;
constexpr size_t kQueue = 1000;
constexpr int64_t kManyHoles = 256 << 20;  // bytes
constexpr int64_t kBlock = 512;            // of st_blocks

// The digests of what nobody wrote cost as much time as those of data: an image of which that is
// most does not wait for them.
bool has_many_holes(const platform::http::BodySource& source) {
  struct stat status{};
  if (source.file < 0 || ::fstat(source.file, &status) != 0) return false;
  const int64_t data = status.st_blocks * kBlock;
  return status.st_size - data > std::max(kManyHoles, data);
}

}  // namespace

// A task that this process has.
struct Imports::Job {
  Job(const ImageApi& api, openstack::Context its_context, ImportWork its_work,
      std::string its_operation, std::string its_token)
      : context(std::move(its_context)),
        work(std::move(its_work)),
        operation(std::move(its_operation)),
        token(std::move(its_token)),
        running(api.imports, work.task.id, operation) {}

  openstack::Context context;
  ImportWork work;
  std::string operation;
  std::string token;
  RunningWork<ContinueImport>::Running running;
};

Imports::Imports(const ImageApi& api)
    : api_(api),
      pool_(api.runtime.executor, "glance-api imports", kWorkers, kQueue),
      downloads_(api.runtime.executor, "glance-api downloads", kWorkers, kQueue) {}

Imports::~Imports() { stopping_ = true; }

void Imports::take(const std::string& request_id, const RunImport& message,
                   const std::string& token) {
  openstack::Context context;
  context.request_id = request_id;
  const std::string operation = api_.runtime.random.uuid();
  ImportWork work;
  try {
    work = api_.registry(context, TakeImport{message.task_id, operation});
  } catch (const Error& error) {
    const bool not_ours =
        error.kind() == ErrorKind::conflict || error.kind() == ErrorKind::not_found;
    if (!not_ours) throw;
    return;
  }
  const auto job = std::make_shared<Job>(api_, context, std::move(work), operation, token);
  const std::string method = import_method(job->work.task.input);
  const bool downloads = method == kWebDownload || method == kGlanceDownload;
  // A full queue drops it: nothing is heard of it then, so it is handed out again.
  static_cast<void>((downloads ? downloads_ : pool_).post([this, job] { run(*job); }));
}

void Imports::run(Job& job) {
  if (stopping_) return;
  try {
    prepare_data(job);
    import_to_stores(job);
    finish(job, "");
  } catch (const Error& error) {
    platform::log_warning("import failed image={} task={} error={}", job.work.image.id,
                          job.work.task.id, error.what());
    // Nobody wants it any more, or the registry does not answer: then the task is handed out again.
    if (error.kind() == ErrorKind::gone || error.kind() == ErrorKind::timeout ||
        error.kind() == ErrorKind::unavailable)
      return;
    finish(job, error.message());
  }
}

template <class Message>
void Imports::tell(const Job& job, const Message& message) const {
  static_assert(Message::kRepeatable);
  try {
    static_cast<void>(api_.registry(job.context, message));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::timeout || stopping_) throw;
    static_cast<void>(api_.registry(job.context, message));
  }
}

void Imports::keep_wanted(const Job& job) const {
  tell(job, ContinueImport{job.work.task.id, job.operation});
}

void Imports::prepare_data(Job& job) {
  const std::optional<std::string> before = job.work.image.staged_location;
  auto [image, properties] =
      prepare(api_, {job.work, job.operation, [&] { keep_wanted(job); }, stopping_, job.token});
  if (image.staged_location == before) return;
  try {
    tell(job,
         FinishPreparation{job.work.task.id, job.operation, *image.staged_location,
                           *image.disk_format, *image.container_format, std::move(properties)});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::gone) api_.staging.remove(*image.staged_location);
    throw;
  }
  job.work.image = std::move(image);
}

void Imports::import_to_stores(const Job& job) {
  const Task& task = job.work.task;
  for (const std::string& store : job.work.stores) {
    ReportStore report{task.id, job.operation, store, {}, "", api_.quotas.storage};
    try {
      report.data = store_one(job, store);
    } catch (const Error& error) {
      if (all_must_succeed(task.input)) throw;
      report.failure = error.message();
    }
    try {
      tell(job, report);
    } catch (const Error& error) {
      // Without an answer it may be owned: then the bytes stay until they are found to have no
      // owner.
      if (refuses_bytes(error) && report.failure.empty())
        api_.stores.get(store).remove(report.data.location);
      throw;
    }
  }
}

StoredData Imports::store_one(const Job& job, const std::string& store) {
  const Image& image = job.work.image;
  const bool copies = import_method(job.work.task.input) == kCopyImage;
  if (copies ? image.locations.empty() : !image.staged_location)
    throw Error(ErrorKind::not_found, "There is no data to import.");
  platform::http::Response bytes;
  bytes.stream = copies ? api_.open_data(image, 0, std::nullopt)
                        : api_.staging.open(*image.staged_location, 0, std::nullopt);
  const auto length = bytes.stream->length;
  const auto digest_time =
      !copies && has_many_holes(*bytes.stream) ? DigestTime::later : DigestTime::on_the_way;
  const auto reader = platform::http::take_body(bytes);
  StoredData data = take_in(
      api_, image, {*reader, length},
      {api_.stores.get(store), upload_name(image.id, job.operation),
       remaining_storage(api_, job.context, image)},
      [&] { keep_wanted(job); }, digest_time);
  if (image.os_hash_value && *image.os_hash_value != data.os_hash_value) {
    api_.stores.get(store).remove(data.location);
    throw Error(ErrorKind::internal, "The image's data is damaged: it can not be copied.");
  }
  return data;
}

void Imports::finish(const Job& job, const std::string& failure) {
  try {
    tell(job, FinishImport{job.work.task.id, job.operation, failure});
  } catch (const Error& error) {
    platform::log_warning("end of import not told task={} error={}", job.work.task.id,
                          error.what());
  }
}

}  // namespace glance::api
