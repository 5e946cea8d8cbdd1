#include "bench/gallery_log.h"

#include <fmt/format.h>

#include <iterator>

namespace logmill::bench {
namespace {

constexpr int kLatencyMs[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000};
constexpr int kPercent[] = {10, 25, 50, 75, 90, 100};
constexpr int kCount[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

// Repetition is weight.
constexpr std::string_view kMethods[] = {"GET", "GET", "GET", "GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH"};
constexpr int kStatuses[] = {200, 200, 200, 200, 200, 200, 200, 200, 200, 201, 204, 206, 304, 400, 404, 500};
constexpr std::string_view kPlainUrls[] = {"/api/users/me",
                                           "/api/server/ping",
                                           "/api/albums?shared=true",
                                           "/api/search/metadata",
                                           "/api/timeline/buckets?visibility=timeline",
                                           "/api/auth/login",
                                           "/api/jobs",
                                           "/api/people"};
constexpr std::string_view kImages[] = {"thumbnail?size=preview&edited=true", "thumbnail?size=thumbnail&c=Q1gGDYQHd3iPd4iAeHeIeIhweA%3D",
                                        "original", "video/playback"};
constexpr std::string_view kNames[] = {"IMG_", "DSC_", "PXL_20260714_", "VID-2025-", "Screenshot_", "family-", "scan"};
constexpr std::string_view kForeignNames[] = {"Übersicht Café ", "Ålesund-", "夏祭り_", "Отпуск ", "señor-", "🏖 beach "};
constexpr std::string_view kSuffixes[] = {"jpg", "jpg", "jpg", "heic", "png", "mp4", "mov"};
constexpr std::string_view kReasons[] = {"fetch failed", "fetch failed", "request timed out", "internal server error"};
constexpr std::string_view kContainers[] = {"mp4", "mp4", "mov", "webm"};
constexpr std::string_view kTables[] = {"asset", "asset_exif", "asset_face", "smart_search", "person", "album"};
constexpr std::string_view kJobs[] = {"AssetDetectFaces", "Ocr", "SmartSearch", "AssetGenerateThumbnails", "AssetEncodeVideo"};
constexpr std::string_view kUsers[] = {"alice", "bob", "carol", "nobody", "admin"};
constexpr std::string_view kQueues[] = {"thumbnailGeneration", "metadataExtraction", "videoConversion", "faceDetection", "smartSearch"};
constexpr std::string_view kRouteMethods[] = {"GET", "POST", "PUT", "DELETE", "PATCH"};
constexpr std::string_view kLevels[] = {"verbose", "verbose", "debug", "debug", "debug", "log", "log", "warn", "error", "fatal"};
constexpr std::string_view kContexts[] = {
    "ActivityService",    "AlbumService",        "ApiService",       "AssetMediaService", "AssetService",        "AuditRepository",
    "BackupService",      "CliService",          "ConfigRepository", "CryptoRepository",  "DownloadService",     "DuplicateService",
    "EmailRepository",    "EventRepository",     "InstanceLoader",   "JobRepository",     "JobService",          "LibraryRepository",
    "MaintenanceService", "MemoryService",       "NestApplication",  "NestFactory",       "NotificationService", "PartnerService",
    "PluginService",      "ProcessRepository",   "RoutesResolver",   "SearchService",     "ServerService",       "SessionService",
    "SharedLinkService",  "SmartInfoService",    "StackService",     "StorageRepository", "SyncService",         "SystemConfigService",
    "TagService",         "TelemetryRepository", "TimelineService",  "TrashService",      "UserService",         "VersionService",
    "ViewService",        "WebsocketRepository", "WorkflowService"};
constexpr std::string_view kPlainLines[] = {"Error: connect ECONNREFUSED 127.0.0.1:6379",
                                            "    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)",
                                            "/usr/lib/postgresql/15/bin/pg_dump exited (0)",
                                            "Starting api worker",
                                            "  errno: -111,",
                                            "}"};
constexpr std::string_view kFrames[] = {
    "MachineLearningRepository.predict (/usr/src/app/server/dist/repositories/machine-learning.repository.js:",
    "PersonService.handleDetectFaces (/usr/src/app/server/dist/services/person.service.js:",
    "JobRepository.run (/usr/src/app/server/dist/repositories/job.repository.js:",
    "Worker.processJob (/usr/src/app/node_modules/.pnpm/bullmq@5.70.4/node_modules/bullmq/dist/cjs/classes/worker.js:",
    "Sharp.toBuffer (/usr/src/app/node_modules/.pnpm/sharp@0.34.5/node_modules/sharp/lib/output.js:",
    "process.processTicksAndRejections (node:internal/process/task_queues:"};
constexpr int kStackFrames = 16;
constexpr uint64_t kForeignPercent = 13;  // of the paths

}  // namespace

struct GalleryLog::Kind {
  int per_mille;
  void (GalleryLog::*append)();
};

const GalleryLog::Kind GalleryLog::kKinds[] = {
    {400, &GalleryLog::Access},     {80, &GalleryLog::Thumbnail},       {70, &GalleryLog::Faces},         {25, &GalleryLog::MlFailure},
    {30, &GalleryLog::Transcoding}, {25, &GalleryLog::LibraryScan},     {20, &GalleryLog::SlowQuery},     {10, &GalleryLog::FailedLogin},
    {10, &GalleryLog::JobFailure},  {30, &GalleryLog::OcrResult},       {90, &GalleryLog::LocalDateTime}, {50, &GalleryLog::ExifDate},
    {40, &GalleryLog::FaceMatches}, {25, &GalleryLog::AssignFace},      {25, &GalleryLog::NoSidecar},     {15, &GalleryLog::Geocoding},
    {15, &GalleryLog::RequestBody}, {10, &GalleryLog::RouteMapped},     {5, &GalleryLog::ExifObject},     {5, &GalleryLog::NoContext},
    {5, &GalleryLog::PlainText},    {5, &GalleryLog::QueueConcurrency}, {10, &GalleryLog::Progress},
};

GalleryLog::GalleryLog(uint64_t seed, Truth& truth) : random_(seed), truth_(truth) {
  uint8_t* next = kind_of_;
  for (size_t kind = 0; kind < std::size(kKinds); ++kind) {
    for (int i = 0; i < kKinds[kind].per_mille; ++i) *next++ = static_cast<uint8_t>(kind);
  }
}

void GalleryLog::AppendLine(std::string& out) {
  const size_t before = out.size();
  out_ = &out;
  now_ms_ += static_cast<int64_t>(random_.Below(4));
  (this->*kKinds[kind_of_[random_.Below(std::size(kind_of_))]].append)();
  truth_.AddLine(out.size() - before);
}

void GalleryLog::Access() {
  const std::string_view method = random_.Pick(kMethods);
  const int status = random_.Pick(kStatuses);
  const int64_t ms = Duration();
  const std::string url = Url();
  Record("debug", Process::kApi, "LoggingInterceptor",
         fmt::format("{} {} {} {}.{:02}ms 192.168.1.{}", method, url, status, ms / 100, ms % 100, 2 + random_.Below(250)));
  truth_.Add(Workload::kW2, "bench_http_requests_total", fmt::format("method=\"{}\",status=\"{}xx\"", method, status / 100));
  truth_.Observe(Workload::kW2, "bench_http_request_duration_ms", fmt::format("method=\"{}\"", method), kLatencyMs, ms);
}

void GalleryLog::Thumbnail() {
  const std::string_view type = random_.Below(8) == 0 ? "video" : "image";
  const std::string asset = Uuid();
  Record("verbose", Process::kMicroservices, "MediaService", fmt::format("Thumbnail generation for {} {} {}", type, asset, Path()));
  truth_.Add(Workload::kW2, "bench_thumbnails_total", fmt::format("type=\"{}\"", type));
}

void GalleryLog::Faces() {
  const uint64_t faces = random_.Below(9);
  Record("debug", Process::kMicroservices, "PersonService", fmt::format("{} faces detected in {}", faces, Path()));
  truth_.Add(Workload::kW2, "bench_faces_detected_total", "", static_cast<int64_t>(faces * 100));
}

void GalleryLog::MlFailure() {
  const std::string_view reason = random_.Pick(kReasons);
  Record("warn", Process::kMicroservices, "MachineLearningRepository",
         fmt::format(R"(Machine learning request to \"http://immich-machine-learning:3003\" failed: {})", reason));
  truth_.Add(Workload::kW2, "bench_ml_failures_total", fmt::format("reason=\"{}\"", reason));
}

void GalleryLog::Transcoding() {
  const int64_t percent = static_cast<int64_t>(1 + random_.Below(10000));
  const std::string_view container = random_.Pick(kContainers);
  Record("debug", Process::kMicroservices, "MediaRepository",
         fmt::format("Transcoding {}.{:02}% done for output {}.{}", percent / 100, percent % 100, Uuid(), container));
  truth_.Observe(Workload::kW2, "bench_transcode_progress_percent", fmt::format("container=\"{}\"", container), kPercent, percent);
}

void GalleryLog::LibraryScan() {
  const uint64_t batch = 1 + random_.Below(10000);
  const uint64_t imported = random_.Below(batch + 1);
  const uint64_t so_far = batch + random_.Below(90000);
  Record("log", Process::kMicroservices, "LibraryService",
         fmt::format("Crawled {} file(s) so far: {} of current batch of {} will be imported to library {}...", so_far, imported, batch,
                     Uuid()));
  truth_.Add(Workload::kW2, "bench_library_files_crawled_total", "", static_cast<int64_t>(batch * 100));
  truth_.Add(Workload::kW2, "bench_library_files_imported_total", "", static_cast<int64_t>(imported * 100));
}

void GalleryLog::SlowQuery() {
  const uint64_t ms = 200 + random_.Below(9800);
  const std::string_view table = random_.Pick(kTables);
  const std::string owner = Uuid();
  Record("warn", Process::kApi, "DatabaseRepository",
         fmt::format("Query took {}ms on {}: select * from {} where id = $1 and ownerId = '{}' order by id limit {}", ms, table, table,
                     owner, random_.Below(1000)));
  truth_.Observe(Workload::kW2, "bench_slow_query_duration_ms", fmt::format("table=\"{}\"", table), kLatencyMs,
                 static_cast<int64_t>(ms * 100));
}

void GalleryLog::FailedLogin() {
  const std::string_view user = random_.Pick(kUsers);
  Record("warn", Process::kApi, "AuthService",
         fmt::format("Failed login attempt for user {}@example.test from ip address 10.0.0.{}", user, random_.Below(256)));
  truth_.Add(Workload::kW2, "bench_failed_logins_total", "");
}

// As on a real server, the job's data stands where the context should be; as a label value it becomes "other".
void GalleryLog::JobFailure() {
  const std::string_view job = random_.Pick(kJobs);
  const std::string_view reason = random_.Pick(kReasons);
  const std::string asset = Uuid();
  Open("error", Process::kMicroservices);
  fmt::format_to(
      std::back_inserter(*out_),
      R"("Unable to run job handler ({}): Error: {}","context":"{{\"source\":\"upload\",\"id\":\"{}\"}}","stack":"Error: {}{}"}})", job,
      reason, asset, reason, Stack());
  *out_ += '\n';
  truth_.AddRecord("error", "other");
  truth_.Add(Workload::kW2, "bench_job_failures_total", fmt::format("job=\"{}\"", job));
}

void GalleryLog::OcrResult() {
  const uint64_t results = random_.Below(60);
  Record("debug", Process::kMicroservices, "OcrService", fmt::format("Processed {} OCR result(s) for {}", results, Uuid()));
  truth_.Add(Workload::kW2, "bench_ocr_results_total", "", static_cast<int64_t>(results * 100));
}

void GalleryLog::LocalDateTime() {
  const uint64_t year = 2010 + random_.Below(17);
  const uint64_t second = 10 + random_.Below(50);
  const std::string asset = Uuid();
  Record("verbose", Process::kMicroservices, "MetadataService",
         fmt::format("Found local date time {}-04-13T12:12:{}.000Z for asset {}: {}", year, second, asset, Path()));
}

void GalleryLog::ExifDate() {
  const uint64_t year = 2010 + random_.Below(17);
  const std::string asset = Uuid();
  Record("verbose", Process::kMicroservices, "MetadataService",
         fmt::format("Date and time is {}-05-14T12:14:00+00:00 using exifTag DateTimeOriginal for asset {}: {}", year, asset, Path()));
}

void GalleryLog::FaceMatches() {
  const uint64_t matches = 1 + random_.Below(120);
  Record("debug", Process::kMicroservices, "PersonService", fmt::format("Face {} has {} matches", Uuid(), matches));
  truth_.Observe(Workload::kW3, "bench_face_matches", "", kCount, static_cast<int64_t>(matches * 100));
}

void GalleryLog::AssignFace() {
  const std::string face = Uuid();
  Record("debug", Process::kMicroservices, "PersonService", fmt::format("Assigning face {} to person {}", face, Uuid()));
}

void GalleryLog::NoSidecar() {
  const std::string asset = Uuid();
  Record("verbose", Process::kMicroservices, "MetadataService", fmt::format("No sidecars found for asset {}: {}", asset, Path()));
}

void GalleryLog::Geocoding() {
  const uint64_t latitude = random_.Below(90);
  Record("debug", Process::kMicroservices, "MapRepository", fmt::format("Request: {}.5128,-{}.0194", latitude, random_.Below(180)));
  truth_.Add(Workload::kW3, "bench_geocoding_requests_total", "");
}

void GalleryLog::RequestBody() {
  const std::string asset = Uuid();
  Record("verbose", Process::kApi, "LoggingInterceptor",
         fmt::format(R"({{\"assetIds\":[\"{}\",\"{}\"],\"name\":\"refresh-faces\",\"path\":\"C:\\\\photos\"}})", asset, Uuid()));
}

void GalleryLog::RouteMapped() {
  const std::string_view method = random_.Pick(kRouteMethods);
  Record("log", Process::kApi, "RouterExplorer", fmt::format("Mapped {{/api/assets/:id/{}, {}}} route", random_.Pick(kTables), method));
  truth_.Add(Workload::kW3, "bench_routes_mapped_total", fmt::format("method=\"{}\"", method));
}

void GalleryLog::ExifObject() {
  const std::string path = Path();
  Open("verbose", Process::kMicroservices);
  fmt::format_to(
      std::back_inserter(*out_),
      R"({{"SourceFile":"{}","errors":[],"GPSLatitude":64.{},"Orientation":1,"FileModifyDate":{{"_ctor":"ExifDateTime","year":2026}}}},)"
      R"("context":"MetadataService"}})",
      path, random_.Below(1000));
  *out_ += '\n';
  truth_.AddRecord("verbose", "MetadataService");
}

void GalleryLog::NoContext() {
  Open("log", Process::kApi);
  fmt::format_to(std::back_inserter(*out_), R"("Immich Server is listening on http://127.0.0.1:{} [v2.5.6] [production] "}})",
                 2000 + random_.Below(1000));
  *out_ += '\n';
  truth_.AddRecord("log", "");
}

void GalleryLog::PlainText() {
  *out_ += random_.Pick(kPlainLines);
  *out_ += '\n';
}

void GalleryLog::QueueConcurrency() {
  const std::string_view queue = random_.Pick(kQueues);
  const uint64_t jobs = 1 + random_.Below(8);
  Record("debug", Process::kMicroservices, "QueueService", fmt::format("Setting {} concurrency to {}", queue, jobs));
  truth_.Set(Workload::kW3, "bench_queue_concurrency", fmt::format("queue=\"{}\"", queue), static_cast<int64_t>(jobs * 100));
}

void GalleryLog::Progress() {
  const std::string_view context = random_.Pick(kContexts);
  const std::string_view level = random_.Pick(kLevels);
  const uint64_t step = random_.Below(50);
  Record(level, Process::kApi, context, fmt::format("Finished step {} of 50 for {}", step, Uuid()));
}

void GalleryLog::Record(std::string_view level, Process process, std::string_view context, std::string_view message) {
  Open(level, process);
  fmt::format_to(std::back_inserter(*out_), "\"{}\",\"context\":\"{}\"}}\n", message, context);
  truth_.AddRecord(level, context);
}

void GalleryLog::Open(std::string_view level, Process process) {
  fmt::format_to(std::back_inserter(*out_), R"({{"level":"{}","pid":{},"timestamp":{},"message":)", level,
                 process == Process::kApi ? 30 : 11, now_ms_);
}

std::string GalleryLog::Uuid() {
  const uint64_t a = random_.Next();
  const uint64_t b = random_.Next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52, b & 0xffff'ffff'ffff);
}

std::string GalleryLog::Path() {
  const std::string_view name = random_.Below(100) < kForeignPercent ? random_.Pick(kForeignNames) : random_.Pick(kNames);
  const std::string_view suffix = random_.Pick(kSuffixes);
  const uint64_t number = random_.Below(10000);
  if (random_.Below(3) == 0) return fmt::format("/mnt/photos/2024/{}{}.{}", name, number, suffix);
  const uint64_t folder = random_.Next();
  return fmt::format("/data/library/user{}/{:02x}/{:02x}/{}{}.{}", (folder >> 8) % 20, folder & 0xff, folder >> 56, name, number, suffix);
}

std::string GalleryLog::Url() {
  if (random_.Below(2) == 0) return std::string(random_.Pick(kPlainUrls));
  const std::string id = Uuid();
  return fmt::format("/api/assets/{}/{}", id, random_.Pick(kImages));
}

std::string GalleryLog::Stack() {
  std::string out;
  for (int i = 0; i < kStackFrames; ++i) {
    const std::string_view frame = random_.Pick(kFrames);
    fmt::format_to(std::back_inserter(out), R"(\n    at {}{}:15))", frame, 10 + random_.Below(900));
  }
  return out;
}

int64_t GalleryLog::Duration() {
  const uint64_t power = 4 + (random_.Below(8) + random_.Below(8));
  return static_cast<int64_t>((uint64_t{1} << power) + random_.Below(uint64_t{1} << power));
}

}  // namespace logmill::bench
